#include "cli/report_tool.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include "wafer/error.hpp"

namespace bss {

void run_report_tool(const std::vector<std::string>& arguments)
{
    std::error_code error;
    const auto tool = std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "bss-report";
    if (error || access(tool.c_str(), X_OK) != 0)
        throw RunError(fmt::format("pictures need bss-report beside this command, and {} is not there", tool.string()));
    std::vector<std::string> words{tool.string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> raw;
    for (std::string& word : words)
        raw.push_back(word.data());
    raw.push_back(nullptr);
    pid_t child = 0;
    if (const int code = posix_spawn(&child, tool.c_str(), nullptr, nullptr, raw.data(), environ))
        throw RunError(fmt::format("{}: {}", tool.string(), std::strerror(code)));
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        throw RunError("bss-report could not draw; what it says stands above");
}

}   // namespace bss
