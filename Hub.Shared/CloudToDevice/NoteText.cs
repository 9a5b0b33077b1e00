namespace Hub.Shared.CloudToDevice;

/// <summary>A note on a message: the body of <c>POST /api/v1/c2d/{id}/notes</c>. It becomes a line of the message's history.</summary>
/// <param name="Text">The note, 1 to 2000 characters.</param>
public sealed record NoteText(string Text);
