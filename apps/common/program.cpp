#include "apps/common/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "apps/common/command_line.h"
#include "apps/common/config_file.h"
#include "core/console.h"

namespace sinter {
namespace {

std::size_t edit_distance(const std::string& a, const std::string& b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substituted = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
        }
    }
    return row.back();
}

std::string explain_extras(const CLI::App& app, const OptionList& list) {
    const std::vector<std::string> extras = app.remaining();
    const std::string& word = extras.empty() ? std::string() : extras.front();
    if (word.rfind("--", 0) != 0) {
        return fmt::format("unexpected argument '{}'; options begin with --, see --help", word);
    }
    const std::string name = word.substr(2, word.find('=') - 2);
    return fmt::format("unknown option '{}'{}; --help lists all options", word, suggestion(list, name));
}

int complain(const CLI::App& app, const std::string& sentence, ExitCode code) {
    say("{}: {}\n", app.get_name(), sentence);
    return static_cast<int>(code);
}

}  // namespace

std::string suggestion(const OptionList& list, const std::string& name) {
    std::vector<std::string> known;
    for (const Option& option : list.options()) {
        if (option.is_on_command_line()) known.push_back(option.name);
    }
    for (const OptionList::Alias& alias : list.aliases()) known.push_back(alias.name);
    for (const OptionList::Question& question : list.questions()) known.push_back(question.name);

    std::string best;
    std::size_t best_distance = (name.size() + 2) / 3;
    for (const std::string& one : known) {
        const std::size_t distance = edit_distance(name, one);
        if (distance <= best_distance && (best.empty() || distance < best_distance)) {
            best = one;
            best_distance = distance;
        }
    }
    return best.empty() ? "" : fmt::format(" (did you mean --{}?)", best);
}

namespace {

int run_to_its_end(CLI::App& app, OptionList& list, int argc, char** argv, const std::function<ExitCode()>& body) {
    try {
        app.parse(argc, argv);
        read_options(app, list);
        read_config(list);
        return static_cast<int>(body());
    } catch (const CLI::ExtrasError&) {
        return complain(app, explain_extras(app, list), ExitCode::usage);
    } catch (const CLI::ParseError& error) {
        // CLI11's own codes run from 100 on; success stands for --help and --version.
        if (error.get_exit_code() == 0) return app.exit(error);
        return complain(app, std::string(error.what()) + "; --help lists all options", ExitCode::usage);
    } catch (const Error& error) {
        return complain(app, error.what(), error.code());
    } catch (const std::bad_alloc&) {
        return complain(app, "out of memory; try a smaller --batch-size or model", ExitCode::failure);
    } catch (const std::exception& error) {
        return complain(app, error.what(), ExitCode::failure);
    }
}

}  // namespace

int run_program(OptionList& list, const std::string& description, int argc, char** argv,
                const std::function<ExitCode()>& body) {
    prepare_console();
    CLI::App app(description, list.program());
    add_options(app, list);
    const int code = run_to_its_end(app, list, argc, argv, body);
    std::string why_not;
    if (results_have_arrived(why_not)) return code;
    if (!why_not.empty())
        complain(app, fmt::format("the results could not be written to stdout: {}", why_not), ExitCode::failure);
    return code == 0 ? static_cast<int>(ExitCode::failure) : code;
}

}  // namespace sinter
