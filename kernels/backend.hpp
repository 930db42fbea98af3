/// Where programs run: on the CPU, or on a CUDA device through libbss_cuda.so. That is a library of its own which is loaded when it is asked for, so that
/// everything else builds and runs without CUDA.
#pragma once

#include <string>
#include <string_view>

#include "engine.hpp"
#include "membrane_traces.hpp"

namespace bss {

struct CudaDevice {
    bool found = false;
    std::string why;                                ///< what is missing where none was found; the rest holds for a device
    std::string name;
    int multiprocessors = 0;
};

/// The device that programs would run on. Looked for once.
const CudaDevice& cuda_device();

struct BackendChoice {
    std::string name;                               ///< "cpu", "cuda"
    std::string why;                                ///< "NVIDIA H100 80GB HBM3, 132 multiprocessors"; "no CUDA device: …"; "as asked for"
};
/// @param wish  "auto": the device where there is one, the CPU otherwise; "cpu"; "cuda"
/// @throws InputError for anything else, and for cuda where there is no device
BackendChoice choose_backend(std::string_view wish);

/// An engine on the device; cuda_device() has found one.
std::unique_ptr<Engine> make_cuda_engine(Program program, Stimulus stimulus, const EngineOptions& options);

/// Recording traces on the device; cuda_device() has found one.
TraceRecorder cuda_trace_recorder();

}   // namespace bss

/// What libbss_cuda.so exports.
extern "C" {
/// Moves from program and stimulus; the caller owns the engine. Throws as make_engine() does.
bss::Engine* bss_make_cuda_engine(bss::Program* program, bss::Stimulus* stimulus, const bss::EngineOptions* options);
/// As record_traces() does.
void bss_record_traces(const bss::MembraneExperiment* experiment, bss::MembraneTraces* traces);
/// Never throws.
void bss_describe_cuda_device(bss::CudaDevice* device);
}
