namespace Ksmg.Simulator;

/// <summary>How the host name of a node stands in its greeting and its headers.</summary>
public enum HeaderHostName
{
    /// <summary>As its own page shows it: <c>gw1.ksmg.test</c>.</summary>
    Full,

    /// <summary><c>GW1.KSMG.TEST</c>.</summary>
    UpperCase,

    /// <summary><c>gw1</c>.</summary>
    ShortName,

    /// <summary>The update changes it, in headers and on the node's own page: <c>gw1.new.ksmg.test</c> from then on.</summary>
    ChangedByUpdate,
}
