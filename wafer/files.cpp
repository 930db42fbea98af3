#include "files.hpp"

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

}   // namespace bss
