namespace Ksmg.Sdk;

/// <summary>Under which circumstances the SDK itself may send a call again.</summary>
public enum CallSafety
{
    /// <summary>Never: what became of it is observed before anything is sent again.</summary>
    Never,

    /// <summary>Only if the connection was never made, so that no byte can have reached the node.</summary>
    IfNotSent,

    /// <summary>At will: the call changes nothing.</summary>
    Safe,
}
