using System.Security.Cryptography;
using System.Text;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>A folder for the sockets of shared connections: whoever could write there could speak for us, so nobody else can.</summary>
internal static class SocketFolder
{
    /// <summary>
    /// What the smallest system allows for the path of a socket (104 bytes with its end), less the suffix that ssh gives it while it
    /// connects and the name in the folder.
    /// </summary>
    private const int MostBytes = 104 - 1 - 17 - 5;

    /// <summary>
    /// A new folder, in <paramref name="temporary"/> or, where that makes the path too long, in <c>/tmp</c>; <see langword="null"/> where
    /// connections cannot be shared.
    /// </summary>
    public static DirectoryInfo? Create(string temporary)
    {
        // Windows' ssh cannot share connections.
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        // Nobody can have made a folder of such a name before us.
        string name = "ksmg-ssh-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        string[] paths = [Path.Combine(temporary, name), Path.Combine("/tmp", name)];
        foreach (string path in paths.Where(path => Encoding.UTF8.GetByteCount(path) <= MostBytes))
        {
            try
            {
                return Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The next one may do.
            }
        }

        return null;
    }
}
