namespace Ksmg.Sdk.Dialects;

/// <summary>How well a recording tells an operation.</summary>
public enum DraftedState
{
    /// <summary>It is called as the SDK's own catalogue says: nothing was written.</summary>
    AsShipped,

    /// <summary>Drafted, and nothing in it is doubtful; it was still read off a recording, and never tried.</summary>
    Drafted,

    /// <summary>Drafted, and a person has to decide something: the file is refused until the entry's <c>unsure</c> is gone.</summary>
    Unsure,

    /// <summary>The recording does not show it: nothing was written, so what the SDK assumes stays.</summary>
    NotRecorded,
}
