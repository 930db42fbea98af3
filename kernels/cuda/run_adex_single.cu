#include "kernels.cuh"

template const void* bss::cuda::run_windows_of<true, false>(bool, bool);
