/// Memory for what a thread goes through again and again.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory_resource>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace bss {

/// Pages of 2 MB where the system has them: chips are scattered over many megabytes, and each small page that is new to the processor costs as much as the
/// cache line that is wanted from it.
class HugePages : public std::pmr::memory_resource {
public:
    static constexpr std::size_t page = std::size_t{2} << 20;

private:
    void* do_allocate(std::size_t bytes, std::size_t) override
    {
        bytes = (bytes + page - 1) / page * page;
        void* const memory = std::aligned_alloc(page, bytes);
        if (memory == nullptr)
            throw std::bad_alloc();
#if defined(MADV_HUGEPAGE)
        madvise(memory, bytes, MADV_HUGEPAGE);
#endif
        return memory;
    }
    void do_deallocate(void* memory, std::size_t, std::size_t) override { std::free(memory); }
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
};

/// Given back all at once. Of one thread: pages lie near to the thread that touches them first.
class NearMemory : public std::pmr::monotonic_buffer_resource {
public:
    NearMemory() : std::pmr::monotonic_buffer_resource(HugePages::page, &pages()) {}

private:
    static HugePages& pages()
    {
        static HugePages pages;
        return pages;
    }
};

}   // namespace bss
