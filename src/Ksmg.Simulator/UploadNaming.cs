namespace Ksmg.Simulator;

/// <summary>Who names an upload.</summary>
public enum UploadNaming
{
    /// <summary>Who sends it.</summary>
    BySender,

    /// <summary>The node, with numbers that never come again; what the sender calls it is not kept.</summary>
    Numbered,

    /// <summary>The node, with the lowest number that is free: that of a deleted upload comes again.</summary>
    LowestFree,
}
