namespace Ksmg.Sdk;

/// <summary>The root of everything this SDK throws on its own account.</summary>
public class KsmgException : Exception
{
    /// <summary>Creates the exception.</summary>
    public KsmgException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>The node concerned, if one is.</summary>
    public string? Node { get; init; }
}
