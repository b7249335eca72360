"""Every file once: decoded, judged, kept."""
