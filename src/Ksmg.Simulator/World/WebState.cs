namespace Ksmg.Simulator;

/// <summary>What a client meets on a node's web port.</summary>
internal enum WebState
{
    /// <summary>The node answers.</summary>
    Up,

    /// <summary>The connection is refused.</summary>
    Refused,

    /// <summary>502: the web server is there, the application is not.</summary>
    BadGateway,

    /// <summary>503 with a plain text.</summary>
    Starting,

    /// <summary>200 with an HTML page that says to wait.</summary>
    WaitPage,
}
