// Names from outside cannot steer a terminal.
#include "core/printable.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace sinter {
namespace {

TEST(Printable, PlainTextStays) {
    for (const char* text : {"", "digits 28 x 28", "C:\\not\\a\\path", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80 '\"{}"})
        EXPECT_EQ(printable(text), text);
}

TEST(Printable, WhatSteersATerminalIsEscaped) {
    EXPECT_EQ(printable("a\x1b[2Jb"), "a\\x1b[2Jb");
    EXPECT_EQ(printable("one\ntwo\tthree\r"), "one\\ntwo\\tthree\\x0d");
    EXPECT_EQ(printable(std::string_view("nul\0\x7f", 5)), "nul\\x00\\x7f");
    EXPECT_EQ(printable("\xc2\x9b"
                        "31m"),
              "\\xc2\\x9b31m")
        << "CSI in one character";
    EXPECT_EQ(printable("\xe2\x80\xae"
                        "gnp.exe"),
              "\\xe2\\x80\\xaegnp.exe")
        << "right to left";
}

TEST(Printable, BytesThatAreNotUtf8AreEscaped) {
    EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
    EXPECT_EQ(printable("\xc0\xaf \xed\xa0\x80"), "\\xc0\\xaf \\xed\\xa0\\x80") << "too long, and half of a pair";
}

TEST(Printable, LongTextLosesItsMiddle) {
    const std::string head = "begin ", tail = " end";
    for (const std::size_t length : {100u, 101u, 5000u, 5000000u}) {
        const std::string shown = printable(head + std::string(length, 'x') + tail, 100);
        EXPECT_LE(shown.size(), 100u);
        EXPECT_GE(shown.size(), 98u);
        EXPECT_TRUE(shown.starts_with(head));
        EXPECT_TRUE(shown.ends_with(tail));
        EXPECT_NE(shown.find(" ... "), std::string::npos);
    }
    std::string umlauts;
    for (int i = 0; i < 1000; ++i) umlauts += "\xc3\xa4";
    for (std::size_t most = 0; most < 40; ++most) {
        EXPECT_TRUE(is_utf8(printable(umlauts, most))) << most;
        EXPECT_TRUE(is_utf8(printable("x" + umlauts, most))) << most;
    }
    EXPECT_LE(printable(std::string(100000, '\x1b'), 100).size(), 100u);
    const std::string broken = printable("error: " + std::string(5000, '\x80'), 100);
    EXPECT_TRUE(broken.starts_with("error: \\x80"));
    EXPECT_TRUE(broken.ends_with("\\x80"));
    EXPECT_GE(broken.size(), 90u);
}

TEST(Printable, TextThatIsPrintableStaysAsItIs) {
    for (const std::string& text : {std::string("a\x1b\n\xff"), std::string(9999, '\x01'), std::string(9999, 'y')})
        EXPECT_EQ(printable(printable(text)), printable(text));
}

TEST(Printable, ErrorsAre) {
    EXPECT_STREQ(DataError("/tmp/\x1b]0;title\a: no such file\n").what(), "/tmp/\\x1b]0;title\\x07: no such file\\n");
    EXPECT_LE(std::string(UsageError(std::string(1 << 20, 'z')).what()).size(), kMaxSentence);
}

}  // namespace
}  // namespace sinter
