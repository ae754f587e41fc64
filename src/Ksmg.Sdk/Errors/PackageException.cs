namespace Ksmg.Sdk;

/// <summary>An update package cannot be used; the message names the file, the entry and what to do.</summary>
public sealed class PackageException : KsmgException
{
    /// <summary>Creates the exception.</summary>
    public PackageException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>The path of the package.</summary>
    public string? Path { get; init; }

    /// <summary>The entry of the ZIP concerned.</summary>
    public string? Entry { get; init; }
}
