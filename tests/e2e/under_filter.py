"""Executes a program to which the system calls of these names are refused, as systemd does it for a service: they fail
with EPERM, or end it.

usage: under_filter.py refuse|kill NAME,NAME... PROGRAM WORD...
"""
import ctypes
import errno
import os
import sys

ALLOW, UNKNOWN = 0x7fff0000, -1
REFUSE = {"refuse": 0x00050000 | errno.EPERM, "kill": 0x80000000}[sys.argv[1]]
names, program = sys.argv[2].split(","), sys.argv[3:]
seccomp = ctypes.CDLL("libseccomp.so.2")
seccomp.seccomp_init.restype = ctypes.c_void_p
context = ctypes.c_void_p(seccomp.seccomp_init(ctypes.c_uint32(ALLOW)))
for number in map(seccomp.seccomp_syscall_resolve_name, map(str.encode, names)):
    # Those of another machine are none here.
    if number != UNKNOWN and seccomp.seccomp_rule_add_array(context, ctypes.c_uint32(REFUSE), number, 0, None) not in (0, -errno.EDOM):
        sys.exit(f"no rule can be made for {number}")
if seccomp.seccomp_load(context) != 0:
    sys.exit("the filter is refused")
os.execvp(program[0], program)
