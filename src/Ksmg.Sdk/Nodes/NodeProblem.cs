namespace Ksmg.Sdk;

/// <summary>One complaint a node has about itself or about another node.</summary>
/// <param name="Code">A stable word.</param>
/// <param name="Message">The text for people, in the language of the node.</param>
public sealed record NodeProblem(string Code, string Message);
