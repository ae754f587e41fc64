namespace Ksmg.Cli;

/// <summary>A file that a person asked for: what is there is never written over, since somebody may have worked on it for a day.</summary>
internal static class NewFile
{
    /// <summary>Refuses a file that is there, before the work for it begins.</summary>
    /// <exception cref="CliException">It is there.</exception>
    public static void Refuse(string path)
    {
        if (Path.Exists(path))
        {
            throw Exists(path);
        }
    }

    /// <summary>Writes all of it; what cannot be written whole leaves nothing behind that would be in the way of the next try.</summary>
    /// <exception cref="CliException">It is there.</exception>
    public static async Task WriteAsync(string path, string text, CancellationToken cancellationToken)
    {
        FileStream file = Create(path);
        try
        {
            await using (file.ConfigureAwait(false))
            {
                await file.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text), cancellationToken).ConfigureAwait(false);
            }
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    private static FileStream Create(string path)
    {
        try
        {
            return new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        }
        catch (IOException) when (Path.Exists(path))
        {
            throw Exists(path);
        }
    }

    private static CliException Exists(string path) => new(ExitCodes.Refused, Words.Get("output.exists", path));
}
