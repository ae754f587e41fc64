namespace Ksmg.Simulator;

/// <summary>A node refuses an operation, and nothing has changed.</summary>
internal sealed class ApiRefusal(int status, string code, string message) : Exception(message)
{
    public int Status { get; } = status;

    public string Code { get; } = code;

    /// <summary>Whether the request stands in the log already: the model refused it, not the front before it.</summary>
    public bool IsLogged { get; set; }
}

/// <summary>The connection to a node failed: no answer came.</summary>
/// <param name="message">What happened.</param>
/// <param name="connected">Whether a connection stood, so that the request may have been seen.</param>
internal sealed class NodeConnectionException(string message, bool connected) : IOException(message)
{
    public bool Connected { get; } = connected;
}
