"""CoreDNS's plugins: a file each, or one for some small ones that belong together. https://coredns.io/plugins/

A plugin answers, or asks the one that follows it, and may change what that answered.
"""
