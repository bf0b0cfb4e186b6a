"""Child processes of this program: how one is started, fed, listened to, limited and ended.

In: pipes and their messages, pools, limits of memory and time. Not in: what a child does: that is a module of its room,
named in `children.MODULES`.
"""
