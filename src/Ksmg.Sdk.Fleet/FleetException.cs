namespace Ksmg.Sdk.Fleet;

/// <summary>A fleet cannot be begun, driven or told something; the message says why and what to do.</summary>
public sealed class FleetException : KsmgException
{
    /// <summary>With a message.</summary>
    public FleetException(string message)
        : base(message)
    {
    }

    /// <summary>With a message and a cause.</summary>
    public FleetException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
