using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>What the mail half needs to know of a node; the node's model answers.</summary>
internal interface IMailHost
{
    /// <summary>The node's name, such as <c>gw1</c>.</summary>
    string Name { get; }

    /// <summary>The host name in its greeting and its Received header.</summary>
    string HostName { get; }

    /// <summary>The build that processes mail right now.</summary>
    BuildNumber Build { get; }

    /// <summary>The receive switch.</summary>
    bool Receiving { get; }

    /// <summary>The send switch.</summary>
    bool Sending { get; }

    /// <summary>Whether the mail processes run: not while the node is off, installing or restarting.</summary>
    bool IsSmtpUp { get; }

    /// <summary>Whether processed mail carries the X-KSMG headers; a setting of the product.</summary>
    bool AddsHeaders { get; }
}
