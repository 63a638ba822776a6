"""The command line."""


def main() -> None:
    print("commands are being written")
