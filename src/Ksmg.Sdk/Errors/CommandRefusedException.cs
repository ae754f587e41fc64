namespace Ksmg.Sdk.Upgrades;

/// <summary>A run does not take a human's command; the message says why. Nothing changed.</summary>
public sealed class CommandRefusedException : KsmgException
{
    /// <summary>Creates the exception.</summary>
    public CommandRefusedException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
