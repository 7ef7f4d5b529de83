"""What the two programs run."""

from crane_desktop.__main__ import main

if __name__ == "__main__":
    main()
