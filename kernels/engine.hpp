/// The door to the kernels: a configured wafer made of some silicon, in time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "program.hpp"
#include "recording.hpp"
#include "stimulus.hpp"

namespace bss {

struct EngineOptions {
    std::string backend = "cpu";                                    ///< "auto": the CUDA device where there is one, the CPU otherwise; "cpu"; "cuda"
    int threads = 0;                                                ///< 0: all cores
};

/// Runs one program. Results depend on nothing but program, stimulus and trial: not on threads, backend or how often advance() is called.
class Engine {
public:
    virtual ~Engine() = default;
    /// Goes on from where it is. @throws RunError when memory runs out
    virtual void advance(std::int64_t steps) = 0;
    virtual std::int64_t now() const = 0;                           ///< steps done
    virtual Recording take_recording() = 0;                         ///< since the last take
    virtual Counters counters() const = 0;
    /// Back to time zero with another program of the same shape (new write errors, weights, DACs) and stimulus.
    virtual void restart(Program program, Stimulus stimulus) = 0;
    /// What each trace would hold of the present moment, [trace][neuron]; of conductances without what arrives just now. Changes nothing.
    virtual std::vector<std::vector<float>> present() const = 0;
    /// Goes on from where it is with another program of the same shape and other sources from now on: state, queues and events on their way stay. What was sampled is to be
    /// taken before. @throws InputError where the shape is not the same; the run then goes on as it was
    virtual void change(Program program, Stimulus stimulus) = 0;
    virtual std::string_view backend() const = 0;                   ///< "cpu", "cuda"
    virtual std::string_view simd() const = 0;                      ///< "avx512", "avx2", "baseline"
    virtual int threads() const = 0;
};

std::unique_ptr<Engine> make_engine(Program program, Stimulus stimulus, const EngineOptions& options = {});

}   // namespace bss
