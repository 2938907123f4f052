"""How much a submission may be. Each number is far above what a lab asks for."""

MANIFEST_BYTES = 1 << 20  # of all manifests together
HANDED_IN_BYTES = 10 << 20  # of all that is read, packed or not
TAR_HEADER_BYTES = 6 << 20  # what a tar may have on top for its own headers
UNPACKED_BYTES = 50 << 20  # of one archive, counted while it is unpacked
RATIO = 200  # of unpacked to packed bytes, from RATIO_FROM unpacked bytes on; a bomb has 1,000
RATIO_FROM = 256 << 10
ENTRIES = 1_000  # files and folders, those of archives included
MANIFESTS = 50
NAME_CHARACTERS = 500  # of a whole path
FOLDERS = 20  # above a file
