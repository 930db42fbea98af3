/// Changes to a sound HDF5 file, as bytes say: what stands in it may be anything, the container stays readable. (Broken containers are libhdf5's business.)
#pragma once

#include <filesystem>

#include "target.hpp"

namespace bss::fuzz {

/// Each change takes eight bytes: what to do, to which object, where, with which value.
void edit(const std::filesystem::path& file, Bytes changes);

}   // namespace bss::fuzz
