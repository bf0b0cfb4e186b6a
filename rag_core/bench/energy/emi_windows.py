"""Finds the energy meters of Windows and asks them, through the system's own libraries."""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import ctypes
    import uuid
    from ctypes import wintypes

    _ENERGY_METER = uuid.UUID("45bd8344-7ed6-49cf-a440-c276c933b053")  # GUID_DEVICE_ENERGY_METER
    _PRESENT_INTERFACES = 0x02 | 0x10  # DIGCF_PRESENT | DIGCF_DEVICEINTERFACE
    _INVALID_HANDLE = ctypes.c_void_p(-1).value
    _ERROR_NO_MORE_ITEMS, _ERROR_INSUFFICIENT_BUFFER = 259, 122
    _GENERIC_READ, _SHARE_READ_WRITE, _OPEN_EXISTING = 0x80000000, 0x03, 3
    # SP_DEVICE_INTERFACE_DETAIL_DATA_W: a DWORD, then the path; its size counts one character, and padding on 64 bits
    _DETAIL_SIZE = 8 if ctypes.sizeof(ctypes.c_void_p) == 8 else 6

    class _Guid(ctypes.Structure):
        _fields_ = [
            ("data1", wintypes.DWORD),
            ("data2", wintypes.WORD),
            ("data3", wintypes.WORD),
            ("data4", ctypes.c_ubyte * 8),
        ]

    class _InterfaceData(ctypes.Structure):
        _fields_ = [
            ("size", wintypes.DWORD),
            ("guid", _Guid),
            ("flags", wintypes.DWORD),
            ("reserved", ctypes.c_size_t),
        ]

    def device_paths() -> tuple[str, ...]:
        """The paths of all energy meters that are there now. Raises OSError."""
        setup = ctypes.WinDLL("setupapi", use_last_error=True)
        guid = _Guid.from_buffer_copy(_ENERGY_METER.bytes_le)
        get_devices = setup.SetupDiGetClassDevsW
        get_devices.argtypes = [ctypes.POINTER(_Guid), wintypes.LPCWSTR, wintypes.HWND, wintypes.DWORD]
        get_devices.restype = wintypes.HANDLE
        destroy = setup.SetupDiDestroyDeviceInfoList
        destroy.argtypes = [wintypes.HANDLE]
        devices = get_devices(ctypes.byref(guid), None, None, _PRESENT_INTERFACES)
        if devices == _INVALID_HANDLE:
            raise ctypes.WinError(ctypes.get_last_error())
        try:
            return tuple(_paths(setup, devices, guid))
        finally:
            destroy(devices)

    def _paths(setup: ctypes.WinDLL, devices: int, guid: _Guid) -> list[str]:
        following = setup.SetupDiEnumDeviceInterfaces
        following.argtypes = [
            wintypes.HANDLE,
            ctypes.c_void_p,
            ctypes.POINTER(_Guid),
            wintypes.DWORD,
            ctypes.POINTER(_InterfaceData),
        ]
        paths: list[str] = []
        interface = _InterfaceData(size=ctypes.sizeof(_InterfaceData))
        while following(devices, None, ctypes.byref(guid), len(paths), ctypes.byref(interface)):
            paths.append(_path(setup, devices, interface))
        if ctypes.get_last_error() != _ERROR_NO_MORE_ITEMS:
            raise ctypes.WinError(ctypes.get_last_error())
        return paths

    def _path(setup: ctypes.WinDLL, devices: int, interface: _InterfaceData) -> str:
        detail = setup.SetupDiGetDeviceInterfaceDetailW
        detail.argtypes = [
            wintypes.HANDLE,
            ctypes.POINTER(_InterfaceData),
            ctypes.c_void_p,
            wintypes.DWORD,
            ctypes.POINTER(wintypes.DWORD),
            ctypes.c_void_p,
        ]
        needed = wintypes.DWORD()
        detail(devices, ctypes.byref(interface), None, 0, ctypes.byref(needed), None)
        if ctypes.get_last_error() != _ERROR_INSUFFICIENT_BUFFER:
            raise ctypes.WinError(ctypes.get_last_error())
        answer = ctypes.create_string_buffer(max(needed.value, _DETAIL_SIZE))
        wintypes.DWORD.from_buffer(answer).value = _DETAIL_SIZE
        if not detail(devices, ctypes.byref(interface), answer, needed, None, None):
            raise ctypes.WinError(ctypes.get_last_error())
        return answer.raw[ctypes.sizeof(wintypes.DWORD) :].decode("utf-16-le").split("\0", 1)[0]

    class WindowsEmiDevice:
        """One open energy meter."""

        def __init__(self, path: str) -> None:
            self._kernel = ctypes.WinDLL("kernel32", use_last_error=True)
            create = self._kernel.CreateFileW
            create.argtypes = [
                wintypes.LPCWSTR,
                wintypes.DWORD,
                wintypes.DWORD,
                ctypes.c_void_p,
                wintypes.DWORD,
                wintypes.DWORD,
                wintypes.HANDLE,
            ]
            create.restype = wintypes.HANDLE
            self._handle = create(path, _GENERIC_READ, _SHARE_READ_WRITE, None, _OPEN_EXISTING, 0, None)
            if self._handle == _INVALID_HANDLE:
                raise ctypes.WinError(ctypes.get_last_error())

        def ask(self, code: int, answer_bytes: int) -> bytes:
            control = self._kernel.DeviceIoControl
            control.argtypes = [
                wintypes.HANDLE,
                wintypes.DWORD,
                ctypes.c_void_p,
                wintypes.DWORD,
                ctypes.c_void_p,
                wintypes.DWORD,
                ctypes.POINTER(wintypes.DWORD),
                ctypes.c_void_p,
            ]
            answer, returned = ctypes.create_string_buffer(answer_bytes), wintypes.DWORD()
            if not control(self._handle, code, None, 0, answer, answer_bytes, ctypes.byref(returned), None):
                raise ctypes.WinError(ctypes.get_last_error())
            return answer.raw[: returned.value]

        def close(self) -> None:
            close = self._kernel.CloseHandle
            close.argtypes = [wintypes.HANDLE]
            close(self._handle)
