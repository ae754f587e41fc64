namespace Ksmg.Sdk.Packages;

/// <summary>What systems put beside people's files on their own, which then gets into archives under names like those files'.</summary>
internal static class Leftovers
{
    private static readonly HashSet<string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        // macOS
        "__MACOSX", ".DS_Store", ".AppleDouble", ".AppleDB", ".Spotlight-V100", ".Trashes", ".fseventsd", ".TemporaryItems", "Network Trash Folder", "Icon\r",

        // Windows
        "Thumbs.db", "ehthumbs.db", "desktop.ini", "$RECYCLE.BIN", "RECYCLER", "System Volume Information",

        // Linux and storage boxes
        ".directory", ".Trash", "lost+found", "@eaDir", "#recycle", "#snapshot", ".snapshot",
    };

    private static readonly string[] Beginnings = ["._", ".~", ".#", "~$", ".Trash-", ".nfs", ".fuse_hidden"];

    /// <summary>Whether a file, or a folder it lies in, is nobody's.</summary>
    public static bool Include(string name) => name.Split('/', '\\')
        .Any(part => Names.Contains(part) || Array.Exists(Beginnings, b => part.StartsWith(b, StringComparison.OrdinalIgnoreCase)));
}
