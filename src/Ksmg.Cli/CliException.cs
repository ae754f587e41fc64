namespace Ksmg.Cli;

/// <summary>The command ends here: one line for people, and the code for scripts.</summary>
internal sealed class CliException(int exitCode, string message, Exception? innerException = null) : Exception(message, innerException)
{
    public int ExitCode { get; } = exitCode;
}
