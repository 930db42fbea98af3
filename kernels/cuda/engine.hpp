/// All chips of a program on one CUDA device.
#pragma once

#include "kernels/engine.hpp"

namespace bss {

class CudaEngine : public Engine {
public:
    CudaEngine(Program program, Stimulus stimulus);

    void advance(std::int64_t steps) override;
    std::int64_t now() const override { return now_; }
    Recording take_recording() override;
    Counters counters() const override;
    void restart(Program program, Stimulus stimulus) override;
    std::string_view backend() const override { return "cuda"; }
    std::string_view simd() const override { return "cuda"; }
    int threads() const override { return 1; }

private:
    Program program_;
    Stimulus stimulus_;
    std::int64_t now_ = 0;
};

}   // namespace bss
