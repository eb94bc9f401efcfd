// Tables of names for the values of an enumeration: the way there and back, and what they refuse.
#include "core/names.h"

#include <gtest/gtest.h>

#include "tests/common/errors.h"

namespace sinter::tests {
namespace {

enum class Season { spring, summer, autumn, winter };
constexpr Named<Season> kSeasons[] = {
    {"spring", Season::spring}, {"high summer", Season::summer}, {"fall", Season::autumn}};

TEST(Names, LeadToTheirValuesAndBack) {
    for (const auto& [name, season, note] : kSeasons) {
        EXPECT_EQ(note, std::string());
        EXPECT_EQ(value_of(kSeasons, name, "expected"), season);
        EXPECT_EQ(name_of(kSeasons, season), std::string(name));
    }
    EXPECT_EQ(names(kSeasons), (std::vector<std::string>{"spring", "high summer", "fall"}));
}

TEST(Names, AreAllToldToWhoeverGivesAnother) {
    expect_usage_error([] { value_of(kSeasons, "monsoon", "expected the season"); },
                       {"expected the season spring, high summer or fall, got 'monsoon'"});
}

TEST(Names, AreNotMadeUpForAValueThatHasNone) { EXPECT_THROW(name_of(kSeasons, Season::winter), std::logic_error); }

}  // namespace
}  // namespace sinter::tests
