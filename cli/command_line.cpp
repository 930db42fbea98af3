#include "cli/command_line.hpp"

#include <cstdio>
#include <new>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "wafer/error.hpp"

namespace bss {

std::optional<ExitCode> parse_arguments(CLI::App& app, int argc, const char* const* argv, std::string_view program)
{
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp& help) {
        app.exit(help);
        return ExitCode::done;
    } catch (const CLI::ParseError& error) {
        fmt::print(stderr, "{}: {} (see {} --help)\n", program, error.what(), program);
        return ExitCode::wrong_input;
    }
    return std::nullopt;
}

std::optional<ExitCode> require_options(std::string_view program, std::initializer_list<std::pair<std::string_view, bool>> given)
{
    for (const auto& [name, there] : given)
        if (!there) {
            fmt::print(stderr, "{}: {} is required (see {} --help)\n", program, name, program);
            return ExitCode::wrong_input;
        }
    return std::nullopt;
}

ExitCode run_guarded(std::string_view program, const std::function<ExitCode()>& work, std::string_view memory_hint)
{
    const auto failed = [&](std::string_view what) {
        fmt::print(stderr, "{}: {}\n", program, what);
        return ExitCode::failed;
    };
    constexpr std::string_view no_output = "standard output: cannot be written";
    try {
        const ExitCode code = work();
        return std::fflush(stdout) != 0 || std::ferror(stdout) ? failed(no_output) : code;
    } catch (const InputError& error) {
        fmt::print(stderr, "{}\n", error.what());
        return ExitCode::wrong_input;
    } catch (const std::bad_alloc&) {
        return failed(fmt::format("out of memory{}", memory_hint));
    } catch (const std::exception& error) {
        return failed(std::ferror(stdout) != 0 ? no_output : error.what()); // fmt throws without a name
    }
}

}   // namespace bss
