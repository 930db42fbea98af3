/// Fingerprints of what went into a run.
#pragma once

#include <string>
#include <string_view>

namespace bss
{

/// SHA-256 in lower-case hexadecimal.
std::string sha256(std::string_view bytes);

} // namespace bss
