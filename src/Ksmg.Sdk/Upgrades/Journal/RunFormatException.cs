namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// The run was begun by a version that writes another format: nothing was read of it further, and nothing was changed. The message says
/// how to finish the run.
/// </summary>
public sealed class RunFormatException : JournalException
{
    /// <summary>Creates the exception.</summary>
    public RunFormatException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>The run.</summary>
    public required string RunId { get; init; }

    /// <summary>The format it is written in.</summary>
    public required int Format { get; init; }

    /// <summary>The format that this version reads.</summary>
    public required int Supported { get; init; }
}
