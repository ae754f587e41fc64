namespace Ksmg.Simulator;

/// <summary>What a node does with a sender while its receiving is off. Nobody outside the vendor knows, so all three exist.</summary>
public enum ReceivingOffAnswer
{
    /// <summary>450 to RCPT; connections are accepted, so a balancer's health check stays green.</summary>
    Reply450,

    /// <summary>421 instead of a greeting, then the connection is closed.</summary>
    Reply421,

    /// <summary>Connections are refused; open sessions go on.</summary>
    Refuse,
}
