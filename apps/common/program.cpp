#include "apps/common/program.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <numeric>
#include <vector>

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

/// " (did you mean --batch-size?)" for --batchsize; empty where no option has a name like it.
std::string suggestion(const CLI::App& app, const std::string& word) {
    std::vector<std::string> known;
    for (const CLI::Option* option : app.get_options()) {
        for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    }
    const std::string near = nearest_name(word.substr(0, word.find('=')), known);
    return near.empty() ? "" : " (did you mean " + near + "?)";
}

std::string explain_extras(const CLI::App& app) {
    const std::vector<std::string> extras = app.remaining();
    const std::string& word = extras.empty() ? std::string() : extras.front();
    if (word.rfind("--", 0) != 0) {
        return fmt::format("unexpected argument '{}'; options begin with --, see --help", word);
    }
    return fmt::format("unknown option '{}'{}; --help lists all options", word, suggestion(app, word));
}

/// CLI11 calls every configuration file INI, and gives what it does not know only inside its sentence.
std::string explain_config(const CLI::App& app, const std::string& sentence) {
    const std::string prefix = "INI was not able to parse ";
    if (sentence.rfind(prefix, 0) != 0) return "--config: " + sentence;
    const std::string word = sentence.substr(prefix.size());
    return fmt::format("--config: the file sets '{}', which is no option{}; --help lists all options", word,
                       suggestion(app, "--" + word));
}

int complain(const CLI::App& app, const std::string& sentence, ExitCode code) {
    fmt::print(stderr, "{}: {}\n", app.get_name(), sentence);
    return static_cast<int>(code);
}

}  // namespace

std::string nearest_name(const std::string& word, const std::vector<std::string>& known) {
    std::string best;
    std::size_t best_distance = word.size() / 3;
    for (const std::string& name : known) {
        const std::size_t distance = edit_distance(word, name);
        if (distance <= best_distance && (best.empty() || distance < best_distance)) {
            best = name;
            best_distance = distance;
        }
    }
    return best;
}

int run_program(CLI::App& app, std::vector<std::string> arguments, const std::function<ExitCode()>& body) {
    // A file over the size limit is then an error of the write, with a sentence, instead of the end of the process.
    std::signal(SIGXFSZ, SIG_IGN);
    try {
        std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants a vector
        app.parse(std::move(arguments));
        return static_cast<int>(body());
    } catch (const CLI::ExtrasError&) {
        return complain(app, explain_extras(app), ExitCode::usage);
    } catch (const CLI::ConfigError& error) {
        return complain(app, explain_config(app, error.what()), ExitCode::usage);
    } catch (const CLI::FileError& error) {
        return complain(app, fmt::format("--config: {}; give the path of a TOML file", error.what()), ExitCode::usage);
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

}  // namespace sinter
