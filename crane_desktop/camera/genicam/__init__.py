"""GenICam cameras through Harvesters, in a child process: a driver that hangs or crashes ends alone."""
