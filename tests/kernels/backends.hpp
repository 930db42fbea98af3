/// Tests of what goes through make_engine() run once on every backend: ON_BACKENDS(Suite) in place of a fixture, then TEST_P(Suite, Name).
#pragma once

#include <string>

#include <gtest/gtest.h>

namespace bss::test {

/// Where CUDA programs can run: on a device, or else in the emulator whose folder is in $BSS_CUDA_EMULATOR (or was so when the build was configured). That is
/// another libcudart.so.13; this loads it before libbss_cuda.so asks for its own. Empty: ready; otherwise why there is neither.
std::string cuda_is_missing();

class OnBackend : public testing::TestWithParam<std::string> {
protected:
    void SetUp() override
    {
        if (GetParam() == "cuda")
            if (const std::string why = cuda_is_missing(); !why.empty())
                GTEST_SKIP() << why;
    }
};

/// The one that the test at hand is about.
inline const std::string& backend() { return OnBackend::GetParam(); }

}   // namespace bss::test

#define ON_BACKENDS(suite)                                                                                                                                      \
    class suite : public OnBackend {};                                                                                                                          \
    INSTANTIATE_TEST_SUITE_P(, suite, testing::Values("cpu", "cuda"), [](const auto& test) { return test.param; })
