"""What can be said of the CUDA code without a device: for which machines it is built, whether three HICANNs fit a multiprocessor, what a step costs.

    check_cuda_code.py library LIBBSS_CUDA.SO PTXAS     registers, spills, shared memory and occupancy, read from the machine code in the library
    check_cuda_code.py counts CUDA_LOAD                 instructions a denmem-step and memory traffic, counted by the emulator
"""

import ctypes
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

THREADS = 512  # a HICANN a block
BLOCKS = 3  # on a multiprocessor: with so many a whole wafer is resident on 132 of them (performance.md §5a)
WIDE = "ILb1ELb1ELb0ELb1E", "ILb1ELb1ELb1ELb1E"  # AdEx with limits, several denmems a neuron: two fit the shared memory of sm_80
REGISTERS = 40  # of the main kernels
SPILT = 240  # bytes of them spilt and fetched again, around calls of what is rare; what is held, the aim is 0
MACHINES = {80: 164, 90: 228, 100: 228}  # sm: KiB of shared memory a multiprocessor
REGISTERS_A_MULTIPROCESSOR, REGISTER_UNIT, RESERVED_BYTES = 65536, 256, 1024  # a warp's registers come in units; shared memory that each block costs beside its own
INSTRUCTIONS = {(1, False): 100, (1, True): 125, (8, False): 98, (8, True): 115}  # (denmems a neuron, noise): a denmem-step
ROW_EVENT = {"all instructions": 6500, "all bytes": 900}  # with its share of spikes, links and routes
SKIPPED = 77


def decompressed(data, size):
    plain = ctypes.create_string_buffer(size)
    zstd = ctypes.CDLL("libzstd.so.1").ZSTD_decompress
    zstd.restype = ctypes.c_size_t
    zstd.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
    assert zstd(plain, size, data, len(data)) == size, "an entry that cannot be decompressed"
    return plain.raw


def fat_binaries(library):
    """Per unit of the library its entries (kind, sm, code): kind 1 is PTX, 2 machine code."""
    image = library.read_bytes()
    for found in re.finditer(struct.pack("<I", 0xBA55ED50), image):
        header, size = struct.unpack_from("<HQ", image, found.start() + 6)
        at, entries = found.start() + header, []
        end = at + size
        while at < end:
            kind, _, header, payload, compressed, _, _, sm = struct.unpack_from("<HHIQIIII", image, at)
            (flags,), (plain,) = struct.unpack_from("<Q", image, at + 40), struct.unpack_from("<Q", image, at + 56)
            code = image[at + header : at + header + payload]
            entries.append((kind, sm, decompressed(code[:compressed], plain) if flags & 0x8000 else code))
            at += header + payload
        yield entries


def functions(cubin):
    """name -> (registers, bytes of stack) of an ELF of machine code."""
    (sections_at,) = struct.unpack_from("<Q", cubin, 0x28)
    entry, count, names = struct.unpack_from("<HHH", cubin, 0x3A)
    sections = [struct.unpack_from("<IIQQQQIIQQ", cubin, sections_at + k * entry) for k in range(count)]
    text = lambda table, at: cubin[sections[table][4] + at : cubin.index(b"\0", sections[table][4] + at)].decode()
    symbols = {}
    found = {}
    for name, kind, _, _, offset, size, link, _, _, item in sections:
        if kind == 2:
            for k in range(size // item):
                symbols[k] = text(link, struct.unpack_from("<I", cubin, offset + k * item)[0])
    for name, kind, _, _, offset, size, *_ in sections:
        if text(names, name) != ".nv.info":
            continue
        at = offset
        while at < offset + size:
            form, attribute, length = struct.unpack_from("<BBH", cubin, at)
            at += 4
            if form != 4:  # the value is in the head
                continue
            if attribute in (0x2F, 0x11):  # EIATTR_REGCOUNT, EIATTR_FRAME_SIZE
                symbol, value = struct.unpack_from("<II", cubin, at)
                found.setdefault(symbols[symbol], {})[attribute] = value
            at += length
    return {name: (values[0x2F], values.get(0x11, 0)) for name, values in found.items() if 0x2F in values}


def blocks_that_fit(registers, shared, sm):
    a_warp = -(-registers * 32 // REGISTER_UNIT) * REGISTER_UNIT
    by_registers = REGISTERS_A_MULTIPROCESSOR // (a_warp * THREADS // 32)
    return min(by_registers, MACHINES[sm] * 1024 // (shared + RESERVED_BYTES), 2048 // THREADS)


def spills(ptx, ptxas, sm):
    """name -> bytes of registers that the assembler spills and fetches again, making machine code of a unit's PTX."""
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "unit.ptx")
        source.write_bytes(ptx.rstrip(b"\0"))
        said = subprocess.run([ptxas, "-v", f"-arch=sm_{sm}", source, "-o", pathlib.Path(folder, "unit.cubin")], capture_output=True, text=True, check=True).stderr
    found = re.findall(r"Function properties for (\S+)\s+\d+ bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", said)
    return {name: int(stores) + int(loads) for name, stores, loads in found}


def check_library(path, ptxas):
    shared_bytes_of = ctypes.CDLL(str(path))["_ZN3bss4cuda15shared_bytes_ofEbbbb"]
    shared_bytes_of.restype = ctypes.c_size_t
    shared = lambda name: shared_bytes_of(*(bool(int(part)) for part in re.search(r"PartsILb(.)ELb(.)ELb(.)ELb(.)E", name).groups()))
    failures, kernels, spilt = [], {}, {}
    for entries in fat_binaries(path):
        kinds = {(kind, sm) for kind, sm, _ in entries}
        missing = {(2, 80), (2, 90), (2, 100), (1, 80), (1, 100)} - kinds
        if missing:
            failures.append(f"a unit lacks {', '.join(('PTX of compute_' if kind == 1 else 'code of sm_') + str(sm) for kind, sm in sorted(missing))}")
        for kind, sm, code in entries:
            if kind == 2:
                kernels.update({(sm, name): values for name, values in functions(code).items() if "run_windows" in name})
            elif b"run_windows" in code:
                spilt.update({(machine, name): n for machine in MACHINES if (sm == 100) == (machine == 100) for name, n in spills(code, ptxas, machine).items()})
    if not kernels:
        failures.append("there is no kernel run_windows")
    print("sm   registers  stack  spilt  shared  blocks  kernel")
    for (sm, name), (registers, stack) in sorted(kernels.items()):
        fit, lost = blocks_that_fit(registers, shared(name), sm), spilt.get((sm, name), 0)
        print(f"{sm:<4} {registers:9}  {stack:5}  {lost:5}  {shared(name):6}  {fit:6}  {name}")
        if registers > REGISTERS or fit < BLOCKS - (sm == 80 and any(parts in name for parts in WIDE)):
            failures.append(f"sm_{sm}: {registers} registers, {fit} blocks a multiprocessor: {name}")
        if lost > SPILT:
            failures.append(f"sm_{sm}: {lost} bytes of registers spilt, expected at most {SPILT}: {name}")
    return failures


def counted(load, *arguments):
    """What the load says it did, and the emulator's counters of the main kernel."""
    with tempfile.TemporaryDirectory() as folder:
        stats = pathlib.Path(folder, "stats.json")
        done = subprocess.run([load, *map(str, arguments)], capture_output=True, text=True, env={**os.environ, "CUDA_EMU_CC": "100", "CUDA_EMU_STATS": str(stats)})
        if done.returncode == 77 or done.returncode == 0 and not stats.exists():
            print(done.stderr.strip() or "a device does not count instructions")
            sys.exit(SKIPPED)
        assert done.returncode == 0, f"{load} ended with {done.returncode}: {done.stderr[-500:]}"
        kernels = [k for k in json.loads(stats.read_text())["kernels"] if "run_windows" in k["symbol"]]
        total = {key: sum(k[key] for k in kernels) for key in kernels[0] if isinstance(kernels[0][key], (int, float))}
        return json.loads(done.stdout), total


def per_step(load, *, size, noise, silent, steps=120, chips=2):
    """Differences between a long and a short run: what launches and the first step cost falls out."""
    (few, before), (many, after) = (counted(load, chips, n, size, int(noise), int(silent)) for n in (steps, 3 * steps))
    return {k: many[k] - few[k] for k in many}, {k: after[k] - before[k] for k in after}


def check_counts(load):
    failures = []
    print("instructions and 32-byte sectors of memory a denmem-step (full chips, 6 steps a window)")
    for size in (1, 8):
        for noise in (False, True):
            did, cost = per_step(load, size=size, noise=noise, silent=True)
            instructions = cost["lane_instructions"] / did["denmem_steps"]
            sectors = (cost["load_sectors"] + cost["store_sectors"]) / did["denmem_steps"]
            print(f"  {size} denmems a neuron, {'with' if noise else 'no'} noise: {instructions:.1f} instructions (at most {INSTRUCTIONS[size, noise]}), {sectors:.4f} sectors")
            if instructions > INSTRUCTIONS[size, noise]:
                failures.append(f"{instructions:.1f} instructions a denmem-step, {size} denmems a neuron, {'with' if noise else 'no'} noise: expected at most {INSTRUCTIONS[size, noise]}")
    did, cost = per_step(load, size=1, noise=True, silent=False, steps=360, chips=3)
    _, alone = per_step(load, size=1, noise=True, silent=True, steps=360, chips=3)
    events = did["row_events"]
    assert events > 100, "no row events to count"
    instructions = (cost["lane_instructions"] - alone["lane_instructions"]) / events
    sectors = (cost["load_sectors"] + cost["store_sectors"] - alone["load_sectors"] - alone["store_sectors"]) / events
    print(f"  a row event, with its share of spikes, links and routes: {instructions:.0f} lane instructions, {sectors * 32:.0f} bytes ({events} of them, {did['spikes']} spikes)")
    if instructions > ROW_EVENT["all instructions"] or sectors * 32 > ROW_EVENT["all bytes"]:
        failures.append(f"a row event costs {instructions:.0f} lane instructions and {sectors * 32:.0f} bytes: expected at most {ROW_EVENT['all instructions']} and {ROW_EVENT['all bytes']}")
    return failures


def main():
    what, path, *more = sys.argv[1:]
    failures = {"library": check_library, "counts": check_counts}[what](pathlib.Path(path).resolve(), *more)
    print("\n".join(failures) or "ok")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
