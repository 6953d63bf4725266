export default 'M5 9L19 9M5 15L19 15';
