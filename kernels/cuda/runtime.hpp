/// The CUDA runtime: errors as exceptions, resources as objects.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <cuda_runtime.h>

namespace bss::cuda {

/// @throws RunError naming what was tried
void check(cudaError_t result, const char* what);

/// @throws RunError with the bytes needed and there
void* allocate_on_device(std::size_t bytes);

/// Fills an array of the device, which kernels may take for constant.
template <class T>
void load(const T* to, const T* from, std::size_t count)
{
    if (count > 0)
        check(cudaMemcpy(const_cast<T*>(to), from, count * sizeof(T), cudaMemcpyHostToDevice), "loading the device");
}
template <class T>
void load(const T* to, const std::vector<T>& from)
{
    load(to, from.data(), from.size());
}
/// What is in an array of the device.
template <class T>
void read(T* to, const T* from, std::size_t count)
{
    if (count > 0)
        check(cudaMemcpy(to, from, count * sizeof(T), cudaMemcpyDeviceToHost), "reading the device");
}
template <class T>
std::vector<T> read(const T* from, std::size_t count)
{
    std::vector<T> to(count);
    read(to.data(), from, count);
    return to;
}

/// Memory of the device.
class DeviceMemory {
public:
    DeviceMemory() = default;
    explicit DeviceMemory(std::size_t bytes) : data_(allocate_on_device(bytes)), bytes_(bytes) {}
    ~DeviceMemory() { cudaFree(data_); }
    DeviceMemory(DeviceMemory&& other) noexcept : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    DeviceMemory& operator=(DeviceMemory&& other) noexcept
    {
        std::swap(data_, other.data_);
        std::swap(bytes_, other.bytes_);
        return *this;
    }
    std::byte* data() const { return static_cast<std::byte*>(data_); }
    std::size_t bytes() const { return bytes_; }

private:
    void* data_ = nullptr;
    std::size_t bytes_ = 0;
};

/// Memory of the host that the device can copy from and to while the host goes on.
class PinnedMemory {
public:
    PinnedMemory() = default;
    ~PinnedMemory() { cudaFreeHost(data_); }
    PinnedMemory(PinnedMemory&&) = delete;
    /// What was there is lost where it grows.
    void* at_least(std::size_t bytes);

private:
    void* data_ = nullptr;
    std::size_t bytes_ = 0;
};

/// An array that is filled on one side and copied to the other without anyone waiting; it grows as needed and never shrinks.
template <class T>
class Staged {
public:
    /// Room for `count` on both sides; what was there is lost where it grows.
    void resize(std::size_t count)
    {
        if (count * sizeof(T) > device_.bytes())
            device_ = DeviceMemory(count * sizeof(T) + count * sizeof(T) / 2);
        host_ = static_cast<T*>(pinned_.at_least(count * sizeof(T)));
        count_ = count;
    }
    T* host() const { return host_; }
    T* device() const { return reinterpret_cast<T*>(device_.data()); }
    std::size_t size() const { return count_; }
    void to_device(cudaStream_t stream) const
    {
        if (count_ > 0)
            check(cudaMemcpyAsync(device(), host_, count_ * sizeof(T), cudaMemcpyHostToDevice, stream), "copying to the device");
    }
    void to_host(cudaStream_t stream, std::size_t count) const
    {
        if (count > 0)
            check(cudaMemcpyAsync(host_, device(), count * sizeof(T), cudaMemcpyDeviceToHost, stream), "copying from the device");
    }

private:
    PinnedMemory pinned_;
    DeviceMemory device_;
    T* host_ = nullptr;
    std::size_t count_ = 0;
};

class Stream {
public:
    Stream() { check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "creating a stream"); }
    ~Stream() { cudaStreamDestroy(stream_); }
    Stream(Stream&&) = delete;
    operator cudaStream_t() const { return stream_; }
    void wait() const { check(cudaStreamSynchronize(stream_), "running the kernels"); }

private:
    cudaStream_t stream_ = nullptr;
};

class Event {
public:
    Event() { check(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "creating an event"); }
    ~Event() { cudaEventDestroy(event_); }
    Event(Event&&) = delete;
    void record(cudaStream_t stream) const { check(cudaEventRecord(event_, stream), "recording an event"); }
    void hold(cudaStream_t stream) const { check(cudaStreamWaitEvent(stream, event_, 0), "waiting for an event"); }
    void wait() const { check(cudaEventSynchronize(event_), "running the kernels"); }

private:
    cudaEvent_t event_ = nullptr;
};

/// Work that was recorded once and goes to the device in one call.
class Graph {
public:
    /// @param record  puts it on a stream
    template <class Record>
    Graph(cudaStream_t stream, Record&& record)
    {
        check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "recording a graph");
        record();
        cudaGraph_t graph = nullptr;
        check(cudaStreamEndCapture(stream, &graph), "recording a graph");
        const cudaError_t made = cudaGraphInstantiate(&ready_, graph, 0);
        cudaGraphDestroy(graph);
        check(made, "making a graph");
    }
    ~Graph() { cudaGraphExecDestroy(ready_); }
    Graph(Graph&&) = delete;
    void launch(cudaStream_t stream) const { check(cudaGraphLaunch(ready_, stream), "launching a graph"); }

private:
    cudaGraphExec_t ready_ = nullptr;
};

}   // namespace bss::cuda
