// The table of CUDA kernels that --profile-steps prints: names for people, the longest first.
#include "apps/profiling/kernel_table.h"

#include <gtest/gtest.h>

namespace sinter {
namespace {

TEST(KernelTable, NamesAreShort) {
    EXPECT_EQ(short_kernel_name("_ZN6sinter7kernels12_GLOBAL__N_111adam_kernelEPfS2_S2_PKfl"), "adam_kernel");
    EXPECT_EQ(short_kernel_name(
                  "_ZN6sinter7kernels16pointwise_kernelINS0_12_GLOBAL__N_13SumEJNS0_8ElementsES4_EEEvPflT_DpT0_"),
              "pointwise_kernel<Sum, Elements, Elements>");
    EXPECT_EQ(short_kernel_name("plain"), "plain");
}

TEST(KernelTable, TheTableBeginsWithTheLongest) {
    const std::string table = kernel_table({{"short_kernel", {10, 20e-6}}, {"long_kernel", {2, 60e-6}}});
    const std::size_t first = table.find("long_kernel"), second = table.find("short_kernel");
    ASSERT_NE(second, std::string::npos);
    EXPECT_LT(first, second);
    EXPECT_NE(table.find("       2        60.0      30.00   75.0%  long_kernel\n"), std::string::npos) << table;
    EXPECT_NE(table.find("      10        20.0       2.00   25.0%  short_kernel\n"), std::string::npos) << table;
}

// The views of a product's operands are the last of its template's arguments.
TEST(KernelTable, NamesThatDifferInTheirEndsAreToldApart) {
    const std::string tile = "tiled_product_kernel<Tile<64, 32, 32, 16, 4>, (Precision)0, ";
    const std::string table = kernel_table({{tile + "Rows, Columns>", {1, 2e-6}}, {tile + "Rows, Rows>", {1, 1e-6}}});
    for (const char* views : {"Rows, Columns>\n", "Rows, Rows>\n"})
        EXPECT_NE(table.find(tile + views), std::string::npos) << table;
}

TEST(KernelTable, WithoutKernelsThereIsNone) { EXPECT_EQ(kernel_table({}), ""); }

}  // namespace
}  // namespace sinter
