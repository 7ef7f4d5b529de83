"""The station behind the window: the ports of `domain.station_ports`, made of the real rooms."""
