"""Standard models: cells, receptors, synapses and current sources. Native names and units are PyNN's own; what hardware makes of them is decided in the mapping."""
