/// Floating-point state of a worker thread.
#pragma once

#include <immintrin.h>

namespace bss {

/// Numbers below the normal range count as zero in this thread from now on: conductances that fade away would otherwise slow a
/// silent network by a factor of thirty (performance.md §4a). Every thread that steps membranes calls this first, so that all give the same bits.
inline void flush_denormals()
{
    _mm_setcsr(_mm_getcsr() | 0x8040);   // flush to zero (bit 15), denormals are zero (bit 6)
}

/// Restores the caller's floating-point state, which a thread that works on a run changes for itself.
class KeepFloatingPoint {
public:
    ~KeepFloatingPoint() { _mm_setcsr(state_); }

private:
    unsigned state_ = _mm_getcsr();
};

}   // namespace bss
