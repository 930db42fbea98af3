/// Helpers of the tests of what users write: files in a scratch folder, and what the reader says of them.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "cli/configuration.hpp"
#include "wafer/error.hpp"

namespace bss::test {

/// A folder that goes away with the test.
class Scratch {
public:
    Scratch()
        : folder_(std::filesystem::temp_directory_path() /
                  ("bss-test-" + std::to_string(getpid()) + "-" + ::testing::UnitTest::GetInstance()->current_test_info()->name()))
    {
        std::filesystem::create_directories(folder_);
    }
    ~Scratch() { std::filesystem::remove_all(folder_); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    std::filesystem::path write(const std::string& name, const std::string& text) const
    {
        std::ofstream(folder_ / name) << text;
        return folder_ / name;
    }
    const std::filesystem::path& folder() const { return folder_; }

private:
    std::filesystem::path folder_;
};

/// A small configuration that is right.
inline const std::string base = R"(network:
  populations:
    Amber: {size: 10, cell: IF_cond_exp, parameters: {tau_m: 10}}
    Sierra: {size: 5, cell: SpikeSourcePoisson, parameters: {rate: 10}}
  projections:
    - {pre: Sierra, post: Amber, connector: {AllToAll: {}}, receptor: excitatory, weight: 0.001, delay: 1.0}
wafer:
  technology: hicann-x1000
run:
  duration: 20 ms
  timestep: 0.1 ms
  speedup: 1000
)";

inline std::string replaced(std::string text, const std::string& from, const std::string& to)
{
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

inline Configuration read(const Scratch& scratch, const std::string& text, const std::vector<std::string>& options = {})
{
    return read_configuration(scratch.write("config.yaml", text), options);
}

/// What the reader says against a text, without the folder; empty when it takes it.
inline std::string said(const Scratch& scratch, const std::string& text, const std::vector<std::string>& options = {})
{
    try {
        read(scratch, text, options);
        return "";
    } catch (const InputError& error) {
        std::string what = error.what();
        const auto folder = scratch.folder().string() + "/";
        for (auto at = what.find(folder); at != std::string::npos; at = what.find(folder))
            what.erase(at, folder.size());
        return what;
    }
}

}   // namespace bss::test
