#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "target.hpp"
#include "wafer/error.hpp"

namespace bss::fuzz {
namespace {

namespace fs = std::filesystem;

/// A folder in memory where there is one; removed at the end.
class Folder {
public:
    Folder() : path_((fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path()) / ("bss-fuzz-" + std::to_string(getpid()))) { fs::create_directories(path_); }
    ~Folder()
    {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

[[noreturn]] void fault(const char* what, const std::string& message)
{
    std::fprintf(stderr, "fault: %s: %s\n", what, message.c_str());
    std::abort();
}

}   // namespace

void run(Bytes input)
{
    static const Folder folder;
    constexpr std::ptrdiff_t most_lines = 11;       // ten mistakes, and that there are more
    try {
        read(input, folder.path());
    } catch (const InputError& error) {
        const std::string message = error.what();
        if (message.empty() || std::count(message.begin(), message.end(), '\n') > most_lines)
            fault("an error without a message, or with too many", message);
    } catch (const std::exception& error) {
        fault("an exception that is no InputError", error.what());
    }
}

}   // namespace bss::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    bss::fuzz::run({data, size});
    return 0;
}
