"""Is the analytic gradient the numerical one."""
