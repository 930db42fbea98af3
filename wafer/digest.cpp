#include "digest.hpp"

#include <array>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "error.hpp"

namespace bss
{

std::string sha256(std::string_view bytes)
{
    std::array<unsigned char, 32> digest{};
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1)
        throw RunError("SHA-256 is not available from libcrypto");
    std::string text;
    for (const unsigned char byte : digest)
        text += fmt::format("{:02x}", byte);
    return text;
}

} // namespace bss
