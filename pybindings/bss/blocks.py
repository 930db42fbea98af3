"""Result folders as neo objects."""

import neo
import numpy as np
import quantities as pq

from .results import ResultFolder

UNITS = {"mV": pq.mV, "nA": pq.nA, "uS": pq.uS}


def load(path):
    """A result folder as a neo Block of one Segment.

    SpikeTrains are annotated with source_population and source_index (all neurons of populations that were recorded, silent ones too), AnalogSignals with
    source_population and, as an array annotation, channel_index. The block has the folder's summary.
    """
    result = ResultFolder(path)
    block = neo.Block(name=str(result.path), description="BrainScaleS-1 software model", file_origin=str(result.path), summary=result.summary)
    segment = neo.Segment(name="run")
    block.segments.append(segment)
    if not result.ran:
        return block
    end = result.summary["run"]["completed_ms"] * pq.ms
    for population in result.populations:
        times, neurons = result.spikes(population)
        order = np.argsort(neurons, kind="stable")
        size = result.summary["populations"][population]["neurons"]
        first = np.searchsorted(neurons[order], np.arange(size + 1))
        for index in range(size):
            train = times[order[first[index] : first[index + 1]]]
            segment.spiketrains.append(neo.SpikeTrain(train, units=pq.ms, t_start=0 * pq.ms, t_stop=end, source_population=population, source_index=index))
    for variable, population in result.recorded():
        times, data, neurons, unit = result.trace(variable, population)
        period = (times[1] - times[0] if len(times) > 1 else result.summary["run"]["timestep_ms"]) * pq.ms
        signal = neo.AnalogSignal(data, units=UNITS[unit], t_start=0 * pq.ms, sampling_period=period, name=variable, source_population=population)
        signal.array_annotate(channel_index=neurons)
        segment.analogsignals.append(signal)
    return block
