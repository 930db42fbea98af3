#include "files.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <fstream>
#include <system_error>

#include <fmt/format.h>

#include "error.hpp"

namespace bss {

void write_aside(const std::filesystem::path& path, const std::function<void(const std::filesystem::path&)>& write)
{
    const auto aside = path.parent_path() / fmt::format(".{}.{}.partial", path.filename().string(), getpid());
    std::error_code error;
    try {
        write(aside);
    } catch (...) {
        std::filesystem::remove(aside, error);
        throw;
    }
    std::filesystem::rename(aside, path, error);
    if (error) {
        const std::string why = error.message();
        std::filesystem::remove(aside, error);
        throw RunError(fmt::format("{}: cannot be written: {}", path.string(), why));
    }
}

void write_text(const std::filesystem::path& path, std::string_view text)
{
    write_aside(path, [&](const std::filesystem::path& aside) {
        std::ofstream out(aside, std::ios::binary);
        out.write(text.data(), static_cast<std::streamsize>(text.size()));
        out.close();
        if (!out)
            throw RunError(fmt::format("{}: cannot be written", path.string()));
    });
}

std::filesystem::path find_installed(const std::filesystem::path& relative)
{
    namespace fs = std::filesystem;
    Dl_info here{};
    std::error_code error;
    if (dladdr(reinterpret_cast<const void*>(&find_installed), &here) == 0 || here.dli_fname == nullptr)
        return {};
    // The name of an executable is the one that it was started by: without a folder where $PATH gave it.
    const fs::path loaded = fs::path(here.dli_fname).has_parent_path() ? here.dli_fname : "/proc/self/exe";
    fs::path folder = fs::canonical(loaded, error).parent_path();
    for (; !error && folder != folder.root_path(); folder = folder.parent_path())
        if (std::error_code absent; fs::exists(folder / relative, absent))
            return folder / relative;
    return {};
}

}   // namespace bss
